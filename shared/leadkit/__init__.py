"""What the three Leadflow services have in common. Nothing here knows a business noun except `contracts`."""
