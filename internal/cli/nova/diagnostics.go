package nova

func diagnosticsCommands() []command { return nil }
