"""What stands between a visitor and Rasa: bounds on what comes in, form for what goes out."""
