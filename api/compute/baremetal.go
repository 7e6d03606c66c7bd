package compute

import "github.com/novalet/novalet/api/wire"

func baremetalRoutes() []wire.Endpoint { return nil }
