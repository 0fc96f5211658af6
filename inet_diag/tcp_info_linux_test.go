package inetdiag

import (
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// TestTCPInfoLayout compares with the structure that x/sys/unix generates from
// the kernel's header.
func TestTCPInfoLayout(t *testing.T) {
	t.Parallel()
	b := make([]byte, infoLen)
	for i := range b {
		b[i] = byte(i*7 + 3)
	}
	for i := 168; i < 192; i++ { // three durations of 64 bits: keep them within range
		b[i] &= 0x0f
		if i%8 >= 6 {
			b[i] = 0
		}
	}
	var k unix.TCPInfo
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&k)), unsafe.Sizeof(k)), b)
	us := func(v uint32) time.Duration { return time.Duration(v) * time.Microsecond }
	us64 := func(v uint64) time.Duration { return time.Duration(v) * time.Microsecond }
	ms := func(v uint32) time.Duration { return time.Duration(v) * time.Millisecond }
	want := TCPInfo{
		Len: infoLen, State: k.State, CongestionState: k.Ca_state, Retransmits: k.Retransmits, Probes: k.Probes, Backoff: k.Backoff, Options: k.Options,
		RTO: us(k.Rto), ATO: us(k.Ato), SendMSS: k.Snd_mss, RecvMSS: k.Rcv_mss,
		Unacked: k.Unacked, Sacked: k.Sacked, Lost: k.Lost, Retransmitted: k.Retrans,
		LastDataSent: ms(k.Last_data_sent), LastDataRecv: ms(k.Last_data_recv), LastAckRecv: ms(k.Last_ack_recv),
		PathMTU: k.Pmtu, RecvSSThresh: k.Rcv_ssthresh, RTT: us(k.Rtt), RTTVariance: us(k.Rttvar), SendSSThresh: k.Snd_ssthresh,
		SendCwnd: k.Snd_cwnd, AdvertMSS: k.Advmss, Reordering: k.Reordering, RecvRTT: us(k.Rcv_rtt), RecvSpace: k.Rcv_space, TotalRetrans: k.Total_retrans,
		PacingRate: k.Pacing_rate, MaxPacingRate: k.Max_pacing_rate, BytesAcked: k.Bytes_acked, BytesReceived: k.Bytes_received,
		SegsOut: k.Segs_out, SegsIn: k.Segs_in, NotSentBytes: k.Notsent_bytes, MinRTT: us(k.Min_rtt), DataSegsIn: k.Data_segs_in, DataSegsOut: k.Data_segs_out,
		DeliveryRate: k.Delivery_rate, BusyTime: us64(k.Busy_time), WindowLimited: us64(k.Rwnd_limited), BufferLimited: us64(k.Sndbuf_limited),
		Delivered: k.Delivered, DeliveredCE: k.Delivered_ce, BytesSent: k.Bytes_sent, BytesRetrans: k.Bytes_retrans, DSACKs: k.Dsack_dups, ReorderSeen: k.Reord_seen,
		OutOfOrder: k.Rcv_ooopack, SendWindow: k.Snd_wnd, RecvWindow: k.Rcv_wnd, Rehashes: k.Rehash,
		RTOs: k.Total_rto, RTORecoveries: k.Total_rto_recoveries, RTOTime: ms(k.Total_rto_time),
	}
	want.SendScale, want.RecvScale = nibbles(b[6])
	var got TCPInfo
	if !got.decode(b) {
		t.Fatal("not decoded")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-x/sys/unix +got):\n%s", diff)
	}
}
