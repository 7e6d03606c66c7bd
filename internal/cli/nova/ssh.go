package nova

func sshCommands() []command { return nil }
