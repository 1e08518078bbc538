#!/bin/sh
# Run once by the postgres image on an empty volume: a login, its roles and a database for each service.
set -eu
for service in intake core analytics; do
    psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
        --set login="leadflow_$service" --set password="$LEADFLOW_DATABASE_PASSWORD" --file /leadflow/database.sql
done
