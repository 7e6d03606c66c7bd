package nova

func rebuildCommands() []command { return nil }
