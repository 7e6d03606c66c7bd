package nova

func hostCommands() []command { return nil }
