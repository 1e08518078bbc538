"""What `make migration` and `make generate` do: files that are derived from the code and committed."""
