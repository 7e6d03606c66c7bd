package nova

func serverPasswordCommands() []command { return nil }
