package nova

func serverStateCommands() []command { return nil }
