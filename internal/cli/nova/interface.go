package nova

func interfaceCommands() []command { return nil }
