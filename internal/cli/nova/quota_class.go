package nova

func quotaClassCommands() []command { return nil }
