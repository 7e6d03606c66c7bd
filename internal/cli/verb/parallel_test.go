package verb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// Whatever takes how long, what came of the items is told in their order, and no more than limit run at once.
func TestParallelKeepsTheOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		delays := rapid.SliceOfN(rapid.IntRange(0, 9), 0, 20).Draw(rt, "delays")
		limit := rapid.IntRange(0, 6).Draw(rt, "limit")
		synctest.Test(t, func(*testing.T) {
			var running, most atomic.Int64
			var told []int
			items := make([]int, len(delays))
			for i := range items {
				items[i] = i
			}
			err := Parallel(context.Background(), limit, items, func(_ context.Context, i int) (int, error) {
				most.Store(max(most.Load(), running.Add(1)))
				time.Sleep(time.Duration(delays[i]) * time.Second)
				running.Add(-1)
				if delays[i] == 3 {
					return 0, errors.New("three")
				}
				return 2 * i, nil
			}, func(i, twice int, err error) error {
				told = append(told, i)
				if (err != nil) != (delays[i] == 3) || err == nil && twice != 2*i {
					return fmt.Errorf("item %d was told as %d, %v", i, twice, err)
				}
				return nil
			})
			if err != nil || !slices.Equal(told, items) || most.Load() > int64(max(limit, 1)) {
				rt.Fatalf("%v, told %v, %d at once of %d", err, told, most.Load(), limit)
			}
		})
	})
}

func TestParallelStops(t *testing.T) {
	enough := errors.New("enough")
	for _, limit := range []int{1, 3} {
		ctx, cancel := context.WithCancel(context.Background())
		done, left := 0, 0
		count := func(i, _ int, err error) error {
			if errors.Is(err, ErrNotBegun) {
				left++
				return nil
			}
			done++
			return nil
		}
		err := Parallel(ctx, limit, make([]int, 100), func(context.Context, int) (int, error) {
			cancel()
			return 0, nil
		}, count)
		if !errors.Is(err, context.Canceled) || done == 0 || done > limit || done+left != 100 {
			t.Errorf("limit %d: %v, %d done, %d left", limit, err, done, left)
		}
		begun := 0
		err = Parallel(context.Background(), 1, make([]int, 100), func(context.Context, int) (int, error) {
			begun++
			return 0, nil
		}, func(int, int, error) error { return enough })
		if !errors.Is(err, enough) || begun != 1 {
			t.Errorf("%v, %d begun", err, begun)
		}
	}
}

func TestTally(t *testing.T) {
	var b bytes.Buffer
	e := &Env{Err: &b}
	tally := Tally{Doing: "delete"}
	tally.Add("a", nil)
	tally.Add("b", errors.New("it is locked"))
	tally.Add("c", ErrNotBegun)
	err := tally.End(e, nil)
	const want = "delete: 1 done, 1 failed, 1 not begun\n  b: it is locked\n"
	if b.String() != want || err == nil || err.Error() != "1 of 3 failed." {
		t.Errorf("%v\n%s", err, b.String())
	}
	if err := tally.End(e, context.Canceled); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
