package conn

import (
	"cmp"
	"strings"
)

// operator stands between a field and its value.
type operator uint8

const (
	opIs operator = iota // ":"
	opEqual
	opLess
	opLessEqual
	opGreater
	opGreaterEqual
)

var operatorNames = [...]string{":", "=", "<", "<=", ">", ">="}

// parseOperator reads the operator that text begins with, and its width in
// bytes. The text begins with one of ":", "=", "<" and ">".
func parseOperator(text string) (operator, int) {
	longest := opIs
	for op, name := range operatorNames {
		if strings.HasPrefix(text, name) && len(name) >= len(operatorNames[longest]) {
			longest = operator(op)
		}
	}
	return longest, len(operatorNames[longest])
}

// compare tells whether value stands in the relation to bound that the operator
// names.
func (op operator) compare(value, bound int64) bool {
	switch order := cmp.Compare(value, bound); op {
	case opLess:
		return order < 0
	case opLessEqual:
		return order <= 0
	case opGreater:
		return order > 0
	case opGreaterEqual:
		return order >= 0
	default:
		return order == 0
	}
}

// operators is the set that a field takes.
type operators uint8

const (
	takesIs operators = 1 << iota
	takesComparisons
)

func (o operators) has(op operator) bool {
	if op == opIs {
		return o&takesIs != 0
	}
	return o&takesComparisons != 0
}

// String lists the operators, for an error.
func (o operators) String() string {
	switch o {
	case takesIs:
		return ":"
	case takesComparisons:
		return ">, <, >=, <= or ="
	}
	return ":, >, <, >=, <= or ="
}
