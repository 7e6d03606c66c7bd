package arg

import "strconv"

// A command line is matched as a string of classes, one letter each: O for what looks like an option, A for a value,
// - for the first "--". Every argument takes a run of it that its Nargs allows; where several divisions fit, an
// earlier argument takes as much as it can, as in a regular expression with greedy repeats.

// piece is a repeat in that expression: letters of a set, between min and max of them.
type piece struct {
	set      string
	min, max int
}

const unbounded = int(^uint(0) >> 1)

var (
	dashes  = piece{"-", 0, unbounded}
	oneA    = piece{"A", 1, 1}
	maybeA  = piece{"A", 0, 1}
	anyA    = piece{"A", 0, unbounded}
	restA   = piece{"A-", 0, unbounded}
	restAll = piece{"-AO", 0, unbounded}
)

// pieces is the expression of one argument.
func (a *action) pieces() []piece {
	if len(a.flags) > 0 {
		switch {
		case a.Action.takesNoValue():
			return nil
		case a.Nargs == "":
			return []piece{oneA}
		case a.Nargs == "?":
			return []piece{maybeA}
		case a.Nargs == "*":
			return []piece{anyA}
		case a.Nargs == "+":
			return []piece{oneA, anyA}
		}
		n, _ := strconv.Atoi(a.Nargs)
		return []piece{{"A", n, n}}
	}
	switch {
	case a.sub:
		return []piece{dashes, oneA, restAll}
	case a.Nargs == "":
		return []piece{dashes, oneA, dashes}
	case a.Nargs == "?":
		return []piece{dashes, maybeA, dashes}
	case a.Nargs == "*":
		return []piece{dashes, restA}
	case a.Nargs == "+":
		return []piece{dashes, oneA, restA}
	}
	n, _ := strconv.Atoi(a.Nargs)
	expr := []piece{dashes}
	for range n {
		expr = append(expr, oneA, dashes)
	}
	return expr
}

// matchOne is how many letters at the start of classes the argument takes; ok is false when it cannot be satisfied.
func matchOne(a *action, classes string) (count int, ok bool) {
	counts := matchAll([]action{*a}, classes)
	if counts == nil {
		return 0, false
	}
	return counts[0], true
}

// matchAll divides the start of classes among all the arguments, or returns nil when it cannot.
func matchAll(actions []action, classes string) []int {
	var expr []piece
	var owner []int
	for i := range actions {
		for _, p := range actions[i].pieces() {
			expr = append(expr, p)
			owner = append(owner, i)
		}
	}
	m := matcher{expr: expr, classes: classes, taken: make([]int, len(expr)), failed: map[[2]int]bool{}}
	if !m.match(0, 0) {
		return nil
	}
	counts := make([]int, len(actions))
	for i, n := range m.taken {
		counts[owner[i]] += n
	}
	return counts
}

// matchMost is matchAll for as many of the first arguments as can be satisfied.
func matchMost(actions []action, classes string) []int {
	for n := len(actions); n > 0; n-- {
		if counts := matchAll(actions[:n], classes); counts != nil {
			return counts
		}
	}
	return nil
}

type matcher struct {
	expr    []piece
	classes string
	taken   []int
	failed  map[[2]int]bool // states from which no match follows, so that hostile input stays cheap
}

func (m *matcher) match(i, pos int) bool {
	if i == len(m.expr) {
		return true
	}
	state := [2]int{i, pos}
	if m.failed[state] {
		return false
	}
	p := m.expr[i]
	n := 0
	for n < p.max && pos+n < len(m.classes) && holds(p.set, m.classes[pos+n]) {
		n++
	}
	for ; n >= p.min; n-- {
		m.taken[i] = n
		if m.match(i+1, pos+n) {
			return true
		}
	}
	m.failed[state] = true
	return false
}

func holds(set string, c byte) bool {
	for i := range len(set) {
		if set[i] == c {
			return true
		}
	}
	return false
}
