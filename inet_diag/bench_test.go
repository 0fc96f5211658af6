package inetdiag

import "testing"

var benchCaptures = []string{"established-keepalive", "established-ipv6", "time-wait"}

// BenchmarkDecode is the price of one socket, from the bytes to the Socket.
func BenchmarkDecode(b *testing.B) {
	for _, name := range benchCaptures {
		b.Run(name, func(b *testing.B) {
			body := captureBody(b, name)
			var d decoder
			var s Socket
			b.ReportAllocs()
			for b.Loop() {
				if err := d.decode(&s, body); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkDecodeOracle is the same with netlink.AttributeDecoder.
func BenchmarkDecodeOracle(b *testing.B) {
	for _, name := range benchCaptures {
		b.Run(name, func(b *testing.B) {
			body := captureBody(b, name)
			var d decoder
			var s Socket
			b.ReportAllocs()
			for b.Loop() {
				if err := d.decode(&s, body[:socketLen]); err != nil {
					b.Fatal(err)
				}
				if err := oracle(&s, body[socketLen:]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
