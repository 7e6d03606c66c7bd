package nova

func volumeCommands() []command { return nil }
