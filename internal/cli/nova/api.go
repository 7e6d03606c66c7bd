package nova

func apiCommands() []command { return nil }
