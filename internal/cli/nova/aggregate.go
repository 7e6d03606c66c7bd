package nova

func aggregateCommands() []command { return nil }
