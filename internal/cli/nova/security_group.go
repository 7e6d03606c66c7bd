package nova

func securityGroupCommands() []command { return nil }
