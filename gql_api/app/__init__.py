"""The bundled application: accounts, inventory, blog, catalog and model registry on one schema."""
