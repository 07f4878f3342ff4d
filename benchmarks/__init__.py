"""What Otto costs, and what it gains over simpler and over stock ways to understand."""
