package compute

import "github.com/novalet/novalet/api/wire"

func consoleRoutes() []wire.Endpoint { return nil }
