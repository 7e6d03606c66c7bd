package nova

func migrationCommands() []command { return nil }
