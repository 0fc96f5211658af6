package inetdiag

import (
	"encoding/binary"
	"io"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/mdlayher/netlink"
)

// fakeSequence is the number that fakeTransport gives every request.
const fakeSequence = 7

// datagram is one answer of a fakeTransport, from the kernel unless sender says
// otherwise.
type datagram struct {
	data   []byte
	sender uint32
	err    error
}

// fakeTransport answers with what it was given, and then waits for its
// deadline.
type fakeTransport struct {
	answers []datagram
	sendErr error
	onWait  func() // called before it waits

	requests []netlink.Message
	once     sync.Once
	deadline chan struct{}
	closed   bool
}

func (f *fakeTransport) Send(m netlink.Message) (netlink.Message, error) {
	if f.sendErr != nil {
		return netlink.Message{}, f.sendErr
	}
	m.Header.Sequence = fakeSequence
	f.requests = append(f.requests, m)
	return m, nil
}

func (f *fakeTransport) receive(b []byte) (n int, sender uint32, err error) {
	if len(f.answers) == 0 {
		if f.onWait != nil {
			f.onWait()
		}
		<-f.deadline
		return 0, 0, os.ErrDeadlineExceeded
	}
	d := f.answers[0]
	f.answers = f.answers[1:]
	return copy(b, d.data), d.sender, d.err
}

func (f *fakeTransport) SetReadDeadline(time.Time) error {
	f.once.Do(func() { close(f.deadline) })
	return nil
}

func (f *fakeTransport) Close() error {
	f.closed = true
	return nil
}

// dialFake is a Conn that dials each of the transports in turn.
func dialFake(tb testing.TB, transports ...*fakeTransport) *Conn {
	tb.Helper()
	for _, f := range transports {
		f.deadline = make(chan struct{})
	}
	return &Conn{
		dial: func() (transport, error) {
			if len(transports) == 0 {
				tb.Fatal("dialled once too often")
			}
			t := transports[0]
			transports = transports[1:]
			return t, nil
		},
		namespace: io.NopCloser(nil),
		buf:       make([]byte, bufferLen),
	}
}

// answer is one datagram of the kernel's.
func answer(messages ...[]byte) datagram { return datagram{data: join(messages...)} }

func join(parts ...[]byte) []byte {
	var b []byte
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

// encode is a netlink message that answers request number sequence.
func encode(kind netlink.HeaderType, flags netlink.HeaderFlags, sequence uint32, body []byte) []byte {
	b := binary.NativeEndian.AppendUint32(nil, uint32(headerLen+len(body)))
	b = binary.NativeEndian.AppendUint16(b, uint16(kind))
	b = binary.NativeEndian.AppendUint16(b, uint16(flags))
	b = binary.NativeEndian.AppendUint32(b, sequence)
	b = binary.NativeEndian.AppendUint32(b, 4242) // the port of the one who asked
	b = append(b, body...)
	return append(b, make([]byte, align(len(b))-len(b))...)
}

// socketMessage is a message with the socket of that cookie.
func socketMessage(cookie uint64, attributes ...byte) []byte {
	return encode(sockDiagByFamily, netlink.Multi, fakeSequence, socketBody(cookie, attributes...))
}

func socketBody(cookie uint64, attributes ...byte) []byte {
	b := appendID([]byte{uint8(FamilyIPv4), StateEstablished, TimerKeepalive, 2}, SocketID{
		Local:     netip.MustParseAddrPort("192.0.2.1:40000"),
		Remote:    netip.MustParseAddrPort("192.0.2.2:443"),
		Interface: 3,
		Cookie:    cookie,
	})
	for _, v := range []uint32{2092, 1, 2, 1000, 250179} { // expires, rqueue, wqueue, uid, inode
		b = binary.NativeEndian.AppendUint32(b, v)
	}
	return append(b, attributes...)
}

// done is NLMSG_DONE with an error number.
func done(errno int32) []byte {
	return encode(netlink.Done, netlink.Multi, fakeSequence, errnoBody(errno))
}

// failed is NLMSG_ERROR with an error number.
func failed(errno int32) []byte { return encode(netlink.Error, 0, fakeSequence, errnoBody(errno)) }

func errnoBody(errno int32) []byte { return binary.NativeEndian.AppendUint32(nil, uint32(-errno)) }

// attribute is an attribute, padded.
func attribute(kind Attribute, value ...byte) []byte {
	b := append(attributeHeader(uint16(attrHeaderLen+len(value)), kind), value...)
	return append(b, make([]byte, align(len(b))-len(b))...)
}

func attributeHeader(length uint16, kind Attribute) []byte {
	b := binary.NativeEndian.AppendUint16(nil, length)
	return binary.NativeEndian.AppendUint16(b, uint16(kind))
}
