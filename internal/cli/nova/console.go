package nova

func consoleCommands() []command { return nil }
