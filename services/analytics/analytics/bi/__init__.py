"""SQL access for BI tools: views in schema `bi`, and read-only logins that are each bound to one workspace."""
