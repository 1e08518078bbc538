"""OData v4, read only: the sets of rows for Excel, Power BI, Tableau and whatever else speaks it."""
