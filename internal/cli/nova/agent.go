package nova

func agentCommands() []command { return nil }
