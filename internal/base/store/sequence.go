package store

import (
	"context"

	"github.com/novalet/novalet/internal/cloud/fault"
)

// Sequence names a row of integers that are given out once each: the numbers
// behind instance-0000002a and the integer ids of old microversions.
type Sequence string

// The sequences; a new one needs only its line here and in sequences.
const (
	InstanceNumbers Sequence = "instance"
	ServiceNumbers  Sequence = "service"
	HostNumbers     Sequence = "hypervisor"
	ActionNumbers   Sequence = "action"
	KeypairNumbers  Sequence = "keypair"
)

var sequences = []Sequence{InstanceNumbers, ServiceNumbers, HostNumbers, ActionNumbers, KeypairNumbers}

// Next returns the next number of s, from 1. Numbers are unique and grow; a
// transaction that fails may leave a gap.
//
// SQLite keeps them in a table, which is free with one writer. On PostgreSQL
// the row of such a table would make every boot wait for the one before it, so
// there they are sequences of the engine, made by migrate.
func (tx *Tx) Next(ctx context.Context, s Sequence) (int64, error) {
	if tx.db.engine == postgresEngine {
		return queryOne(ctx, tx.Reader, value[int64], `SELECT nextval(?::text::regclass)`, s.object())
	}
	n, err := queryOne(ctx, tx.Reader, value[int64],
		`UPDATE sequences SET last_value = last_value + 1 WHERE name = ? RETURNING last_value`, string(s))
	if fault.Is(err, fault.NotFound) {
		return queryOne(ctx, tx.Reader, value[int64],
			`INSERT INTO sequences (name, last_value) VALUES (?, 1) RETURNING last_value`, string(s))
	}
	return n, err
}

func (s Sequence) object() string { return "seq_" + string(s) }
