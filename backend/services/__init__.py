"""What the market does, one module per scenario step."""
