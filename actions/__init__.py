"""The custom actions, one file a skill: thin skins over the modules of bot/."""
