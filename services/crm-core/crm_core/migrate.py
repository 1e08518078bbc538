"""`python -m crm_core.migrate`: brings the database to the newest revision."""

from leadkit.migrations import main

from crm_core.settings import FOLDER, settings

if __name__ == "__main__":
    main(settings(), service="core", folder=FOLDER)
