package nova

func serverTagCommands() []command { return nil }
