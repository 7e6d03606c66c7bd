package compute

import "github.com/novalet/novalet/api/wire"

func imageRoutes() []wire.Endpoint { return nil }
