// Package export_wcompose_echo_values gives back what it gets.
package export_wcompose_echo_values

import (
	"fmt"
	"wit_component/tidy"
	v "wit_component/wcompose_echo_values"

	. "go.bytecodealliance.org/pkg/wit/types"
)

func back[T any](it T) T {
	tidy.Up()
	return it
}

// EchoBool gives back.
func EchoBool(it bool) bool { return back(it) }

// EchoS8 gives back.
func EchoS8(it int8) int8 { return back(it) }

// EchoU8 gives back.
func EchoU8(it uint8) uint8 { return back(it) }

// EchoS16 gives back.
func EchoS16(it int16) int16 { return back(it) }

// EchoU16 gives back.
func EchoU16(it uint16) uint16 { return back(it) }

// EchoS32 gives back.
func EchoS32(it int32) int32 { return back(it) }

// EchoU32 gives back.
func EchoU32(it uint32) uint32 { return back(it) }

// EchoS64 gives back.
func EchoS64(it int64) int64 { return back(it) }

// EchoU64 gives back.
func EchoU64(it uint64) uint64 { return back(it) }

// EchoF32 gives back.
func EchoF32(it float32) float32 { return back(it) }

// EchoF64 gives back.
func EchoF64(it float64) float64 { return back(it) }

// EchoChar gives back.
func EchoChar(it rune) rune { return back(it) }

// EchoString gives back.
func EchoString(it string) string { return back(it) }

// EchoMeters gives back.
func EchoMeters(it v.Meters) v.Meters { return back(it) }

// EchoListBool gives back.
func EchoListBool(it []bool) []bool { return back(it) }

// EchoListS8 gives back.
func EchoListS8(it []int8) []int8 { return back(it) }

// EchoListU8 gives back.
func EchoListU8(it []uint8) []uint8 { return back(it) }

// EchoListS16 gives back.
func EchoListS16(it []int16) []int16 { return back(it) }

// EchoListU16 gives back.
func EchoListU16(it []uint16) []uint16 { return back(it) }

// EchoListS32 gives back.
func EchoListS32(it []int32) []int32 { return back(it) }

// EchoListU32 gives back.
func EchoListU32(it []uint32) []uint32 { return back(it) }

// EchoListS64 gives back.
func EchoListS64(it []int64) []int64 { return back(it) }

// EchoListU64 gives back.
func EchoListU64(it []uint64) []uint64 { return back(it) }

// EchoListF32 gives back.
func EchoListF32(it []float32) []float32 { return back(it) }

// EchoListF64 gives back.
func EchoListF64(it []float64) []float64 { return back(it) }

// EchoListChar gives back.
func EchoListChar(it []rune) []rune { return back(it) }

// EchoListString gives back.
func EchoListString(it []string) []string { return back(it) }

// EchoListListU8 gives back.
func EchoListListU8(it [][]uint8) [][]uint8 { return back(it) }

// EchoListListString gives back.
func EchoListListString(it [][]string) [][]string { return back(it) }

// EchoListPoint gives back.
func EchoListPoint(it []v.Point) []v.Point { return back(it) }

// EchoListPerson gives back.
func EchoListPerson(it []v.Person) []v.Person { return back(it) }

// EchoListMixed gives back.
func EchoListMixed(it []v.Mixed) []v.Mixed { return back(it) }

// EchoListColor gives back.
func EchoListColor(it []v.Color) []v.Color { return back(it) }

// EchoListAbilities gives back.
func EchoListAbilities(it []v.Abilities) []v.Abilities { return back(it) }

// EchoListOptionString gives back.
func EchoListOptionString(it []Option[string]) []Option[string] { return back(it) }

// EchoListResult gives back.
func EchoListResult(it []Result[uint32, string]) []Result[uint32, string] { return back(it) }

// EchoListPair gives back.
func EchoListPair(it []Tuple2[string, uint32]) []Tuple2[string, uint32] { return back(it) }

// EchoSingle gives back.
func EchoSingle(it Tuple1[uint32]) uint32 {
	tidy.Up()
	return it.F0
}

// EchoPair gives back.
func EchoPair(it Tuple2[uint8, string]) (uint8, string) {
	tidy.Up()
	return it.F0, it.F1
}

// EchoNestedTuple gives back.
func EchoNestedTuple(it Tuple2[Tuple2[uint8, uint64], Tuple2[string, Tuple2[float32, bool]]]) (Tuple2[uint8, uint64], Tuple2[string, Tuple2[float32, bool]]) {
	tidy.Up()
	return it.F0, it.F1
}

// EchoPoint gives back.
func EchoPoint(it v.Point) v.Point { return back(it) }

// Describe gives back.
func Describe(it v.Person) v.Person { return back(it) }

// EchoHousehold gives back.
func EchoHousehold(it v.Household) v.Household { return back(it) }

// EchoPrimitives gives back.
func EchoPrimitives(it v.Primitives) v.Primitives { return back(it) }

// EchoWide gives back.
func EchoWide(it v.Wide) v.Wide { return back(it) }

// EchoColumns gives back.
func EchoColumns(it v.Columns) v.Columns { return back(it) }

// EchoColor gives back.
func EchoColor(it v.Color) v.Color { return back(it) }

// EchoMany gives back.
func EchoMany(it v.Many) v.Many { return back(it) }

// EchoAbilities gives back.
func EchoAbilities(it v.Abilities) v.Abilities { return back(it) }

// EchoEight gives back.
func EchoEight(it v.Eight) v.Eight { return back(it) }

// EchoTwelve gives back.
func EchoTwelve(it v.Twelve) v.Twelve { return back(it) }

// EchoThirtyTwo gives back.
func EchoThirtyTwo(it v.ThirtyTwo) v.ThirtyTwo { return back(it) }

// EchoWeather gives back.
func EchoWeather(it v.Weather) v.Weather { return back(it) }

// EchoMixed gives back.
func EchoMixed(it v.Mixed) v.Mixed { return back(it) }

// EchoJoined gives back.
func EchoJoined(it v.Joined) v.Joined { return back(it) }

// EchoOptionU32 gives back.
func EchoOptionU32(it Option[uint32]) Option[uint32] { return back(it) }

// EchoOptionString gives back.
func EchoOptionString(it Option[string]) Option[string] { return back(it) }

// EchoOptionOptionU32 gives back.
func EchoOptionOptionU32(it Option[Option[uint32]]) Option[Option[uint32]] { return back(it) }

// EchoOptionPerson gives back.
func EchoOptionPerson(it Option[v.Person]) Option[v.Person] { return back(it) }

// EchoOptionListU8 gives back.
func EchoOptionListU8(it Option[[]uint8]) Option[[]uint8] { return back(it) }

// EchoResult gives back.
func EchoResult(it Result[uint32, string]) Result[uint32, string] { return back(it) }

// EchoResultOkOnly gives back.
func EchoResultOkOnly(it Result[string, Unit]) Result[string, Unit] { return back(it) }

// EchoResultErrorOnly gives back.
func EchoResultErrorOnly(it Result[Unit, v.Failure]) Result[Unit, v.Failure] { return back(it) }

// EchoResultEmpty gives back.
func EchoResultEmpty(it Result[Unit, Unit]) Result[Unit, Unit] { return back(it) }

// EchoResultNested gives back.
func EchoResultNested(it Result[Option[string], Result[uint8, string]]) Result[Option[string], Result[uint8, string]] {
	return back(it)
}

// EchoOptionResult gives back.
func EchoOptionResult(it Option[Result[v.Point, v.Failure]]) Option[Result[v.Point, v.Failure]] {
	return back(it)
}

// Add gives the sum.
func Add(a, b uint32) uint32 { return a + b }

// Divide gives the quotient, or why there is none.
func Divide(a, b uint32) Result[uint32, v.Failure] {
	if b == 0 {
		return Err[uint32](v.Failure{
			Code:    a,
			Message: fmt.Sprintf("%d can't be divided by 0", a),
			Path:    []string{"values", "divide"},
		})
	}
	return Ok[uint32, v.Failure](a / b)
}

// Nothing does nothing.
func Nothing() {}

var swallowed uint32

// Swallowed tells how often Swallow was called.
func Swallowed() uint32 { return swallowed }

// Swallow gives nothing back.
func Swallow(string) {
	tidy.Up()
	swallowed++
}

// Several gives its parameters back.
func Several(a uint8, b string, c []uint16, d Option[float64], e v.Color, f v.Mixed) (uint8, string, []uint16, Option[float64], v.Color, v.Mixed) {
	tidy.Up()
	return a, b, c, d, e, f
}

// Seventeen gives its parameters back as a text.
func Seventeen(a uint8, b uint16, c uint32, d uint64, e int8, f int16, g int32, h int64, i float32, j float64, k bool, l rune, m uint8, n uint16, o uint32, p uint64, q string) string {
	tidy.Up()
	return fmt.Sprint(a, " ", b, " ", c, " ", d, " ", e, " ", f, " ", g, " ", h, " ", i, " ", j, " ", k, " ", string(l), " ", m, " ", n, " ", o, " ", p, " ", q)
}
