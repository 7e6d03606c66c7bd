package nova

func completionCommands() []command { return nil }
