package nova

func serverImageCommands() []command { return nil }
