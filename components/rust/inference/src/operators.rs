//! The two operators that the network is made of.
//!
//! tract's own register names every operator of ONNX, and so keeps all of them in the component.

use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_core::ops::{einsum::EinSum, math};
use tract_onnx::tract_hir::internal::*;
use tract_onnx::tract_hir::ops::activations::Clip;
use tract_onnx::Onnx;

type Built = TractResult<(Box<dyn InferenceOp>, Vec<String>)>;

/// Reads ONNX files that hold nothing but these operators.
pub fn reader() -> Onnx {
    let mut reader = Onnx::default();
    reader.op_register.insert("Gemm", gemm);
    reader.op_register.insert("Relu", relu);
    reader
}

fn gemm(_: &ParsingContext, node: &NodeProto) -> Built {
    // `alpha`, `beta`, `transA` and `transB`: the training script leaves them all out.
    if let Some(attribute) = node.attribute.first() {
        bail!("Gemm with the attribute {} is not supported", attribute.name);
    }
    Ok((expand(Layer), vec![]))
}

fn relu(_: &ParsingContext, _: &NodeProto) -> Built {
    Ok((expand(Clip::new(Some(0.0), None)), vec![]))
}

/// `rows × weights + bias`, the bias being the same for every row.
#[derive(Clone, Debug)]
struct Layer;

impl Expansion for Layer {
    fn name(&self) -> StaticName {
        "Layer".into()
    }

    fn rules<'r, 'p: 'r, 's: 'r>(
        &'s self,
        solver: &mut Solver<'r>,
        inputs: &'p [TensorProxy],
        outputs: &'p [TensorProxy],
    ) -> InferenceResult {
        check_input_arity(inputs, 3)?;
        check_output_arity(outputs, 1)?;
        let [rows, weights, bias] = [&inputs[0], &inputs[1], &inputs[2]];
        for (tensor, rank) in [(rows, 2), (weights, 2), (bias, 1), (&outputs[0], 2)] {
            solver.equals(&tensor.rank, rank)?;
            solver.equals(&tensor.datum_type, f32::datum_type())?;
        }
        solver.equals(&rows.shape[1], &weights.shape[0])?;
        solver.equals(&weights.shape[1], &bias.shape[0])?;
        solver.equals(&outputs[0].shape[0], &rows.shape[0])?;
        solver.equals(&outputs[0].shape[1], &weights.shape[1])
    }

    fn wire(
        &self,
        name: &str,
        model: &mut TypedModel,
        inputs: &[OutletId],
    ) -> TractResult<TVec<OutletId>> {
        let axes = AxesMapping::for_numpy_matmul(2, false, false, false)?;
        let product = EinSum::new(axes, f32::datum_type());
        let product = model.wire_node(format!("{name}.product"), product, &inputs[..2])?[0];
        let bias = model.wire_node(format!("{name}.bias"), AxisOp::Add(0), &inputs[2..])?[0];
        model.wire_node(name, math::add(), &[product, bias])
    }
}
