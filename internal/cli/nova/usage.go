package nova

func usageCommands() []command { return nil }
