package nova

func serverGroupCommands() []command { return nil }
