package nova

func explainCommands() []command { return nil }
