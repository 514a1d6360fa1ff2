import Networks
import Testing
@Suite struct TensorTests {
}
