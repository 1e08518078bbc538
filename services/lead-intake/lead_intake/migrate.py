"""`python -m lead_intake.migrate`: brings the database to the newest revision."""

from leadkit.migrations import main

from lead_intake.settings import FOLDER, settings

if __name__ == "__main__":
    main(settings(), service="intake", folder=FOLDER)
