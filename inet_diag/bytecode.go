package inetdiag

import (
	"encoding/binary"
	"fmt"
	"net/netip"
)

// The operations of a filter's bytecode (INET_DIAG_BC_*). Those that older
// kernels lack, as the equality of ports, are left out: these can say it all.
const (
	opJump       = 1 // INET_DIAG_BC_JMP
	opSourceGE   = 2 // INET_DIAG_BC_S_GE
	opSourceLE   = 3 // INET_DIAG_BC_S_LE
	opDestGE     = 4 // INET_DIAG_BC_D_GE
	opDestLE     = 5 // INET_DIAG_BC_D_LE
	opSourceHost = 7 // INET_DIAG_BC_S_COND
	opDestHost   = 8 // INET_DIAG_BC_D_COND
)

const (
	opLen = 4 // sizeof(struct inet_diag_bc_op)

	// maxBytecode keeps jumps and the attribute's length within sixteen bits.
	maxBytecode = 1<<16 - 2*opLen
)

// bytecode compiles f for INET_DIAG_REQ_BYTECODE. The kernel runs it from the
// start; every operation goes forward, to its "yes" or "no" distance. To arrive
// at the end accepts the socket, to arrive four bytes past it rejects it
// (net/ipv4/inet_diag.c, inet_diag_bc_run). It is empty if f matches all.
func (f *Filter) bytecode() ([]byte, error) {
	n := f.size()
	if n > maxBytecode {
		return nil, fmt.Errorf("the filter takes %d bytes, the kernel %d at most: use fewer conditions", n, maxBytecode)
	}
	return f.compile(make([]byte, 0, n), opLen), nil
}

// size is the length of the code in bytes.
func (f *Filter) size() int {
	if f == nil || f.expression == nil {
		return 0
	}
	return f.expression.size()
}

// compile appends code that runs off its end when f matches and jumps miss
// bytes past its end when it does not.
func (f *Filter) compile(code []byte, miss int) []byte {
	if f == nil || f.expression == nil {
		return code
	}
	return f.expression.compile(code, miss)
}

// condition is one comparison: an operation and what it compares with. The "no"
// distance is filled in when its place is known.
type condition []byte

func (c condition) size() int { return len(c) }

func (c condition) compile(code []byte, miss int) []byte {
	start := len(code)
	code = append(code, c...)
	binary.NativeEndian.PutUint16(code[start+2:], uint16(len(c)+miss))
	return code
}

type and []*Filter

func (a and) size() int {
	n := 0
	for _, f := range a {
		n += f.size()
	}
	return n
}

func (a and) compile(code []byte, miss int) []byte {
	rest := a.size()
	for _, f := range a {
		rest -= f.size()
		code = f.compile(code, rest+miss)
	}
	return code
}

type or []*Filter

// size counts a jump after each part but the last.
func (o or) size() int {
	if len(o) == 0 {
		return opLen
	}
	return and(o).size() + (len(o)-1)*opLen
}

func (o or) compile(code []byte, miss int) []byte {
	if len(o) == 0 {
		return appendJump(code, miss)
	}
	rest := o.size()
	last := len(o) - 1
	for _, f := range o[:last] {
		rest -= f.size() + opLen
		code = f.compile(code, opLen)
		code = appendJump(code, rest)
	}
	return o[last].compile(code, miss)
}

type not struct{ *Filter }

func (n not) size() int { return n.Filter.size() + opLen }

func (n not) compile(code []byte, miss int) []byte {
	code = n.Filter.compile(code, opLen)
	return appendJump(code, miss)
}

// appendJump goes distance bytes past its own end: INET_DIAG_BC_JMP always
// takes the "no" way.
func appendJump(code []byte, distance int) []byte {
	return condition{opJump, opLen, 0, 0}.compile(code, distance)
}

// portCondition compares a port. The kernel wants it in the "no" field of a
// second operation.
func portCondition(op uint8, port uint16) *Filter {
	c := condition{op, 2 * opLen, 0, 0, 0, 0}
	return &Filter{condition(binary.NativeEndian.AppendUint16(c, port))}
}

// prefixCondition compares an address (struct inet_diag_hostcond), whatever the
// port.
func prefixCondition(op uint8, p netip.Prefix) *Filter {
	if !p.IsValid() {
		return Or()
	}
	family := FamilyIPv6
	if p.Addr().Is4() {
		family = FamilyIPv4
	}
	c := condition{op, 0, 0, 0, uint8(family), uint8(p.Bits()), 0, 0}
	c = binary.NativeEndian.AppendUint32(c, ^uint32(0)) // port -1
	c = append(c, p.Addr().AsSlice()...)
	c[1] = uint8(len(c))
	return &Filter{c}
}
