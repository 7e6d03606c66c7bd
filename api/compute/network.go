package compute

import "github.com/novalet/novalet/api/wire"

func networkRoutes() []wire.Endpoint { return nil }
