"""`python -m analytics.migrate`: brings the database to the newest revision."""

from leadkit.migrations import main

from analytics.settings import FOLDER, settings

if __name__ == "__main__":
    main(settings(), service="analytics", folder=FOLDER)
