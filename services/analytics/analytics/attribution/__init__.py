"""Which touches leads, sales and money are owed to, by models that each give out exactly what there is."""
