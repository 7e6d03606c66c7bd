package compute

import "github.com/novalet/novalet/api/wire"

func extensionRoutes() []wire.Endpoint { return nil }
