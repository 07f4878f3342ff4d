"""Otto: a conversational FAQ assistant for an occupational-therapy clinic."""
