"""The OpenAPI document and the Swagger page that shows it: what calls share; each call describes itself."""
