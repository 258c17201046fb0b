"""From states to a fitted, tested stochastic model."""

from lmphys.dynamics.ablation import Ablation, ablate, compare_patterns, readings
from lmphys.dynamics.agreement import compare_learners
from lmphys.dynamics.approach import Approach, approach_derailment, approach_wrong_answer
from lmphys.dynamics.bootstrap import Interval, bootstrap_chains
from lmphys.dynamics.completion import Completion
from lmphys.dynamics.cost import Cost, simulation_cost, step_operations
from lmphys.dynamics.criticality import (
    expected_window_variance,
    rolling_indicators,
    slowing_down,
    softening_chains,
)
from lmphys.dynamics.detection import calibrate, evidence, place, power
from lmphys.dynamics.drift import LinearDrift
from lmphys.dynamics.fokker_planck import FokkerPlanck
from lmphys.dynamics.grid import score_grid
from lmphys.dynamics.held_out import HeldOut, as_interval, by_task
from lmphys.dynamics.implant import implant, implanted_chains, regime_separation, white_residuals
from lmphys.dynamics.inference import Inference
from lmphys.dynamics.labelled import LabelledSLDS, regime_gains
from lmphys.dynamics.langevin import DoubleWell, OrnsteinUhlenbeck, euler_maruyama, stationary_variance
from lmphys.dynamics.latent import LatentParameters
from lmphys.dynamics.leak import leak_curve
from lmphys.dynamics.leakage import Leakage, leakage
from lmphys.dynamics.maps import recovery_ceiling, recovery_map
from lmphys.dynamics.matching import Procrustes, paired_rows, random_rotation
from lmphys.dynamics.mixtures import (
    COVARIANCES,
    STUDENT,
    Regimes,
    against_student,
    choose_mixture,
    count_components,
    find_regimes,
    linear_twins,
)
from lmphys.dynamics.model_transfer import ModelTransfer, enough_questions, transfer_models
from lmphys.dynamics.modes import count_modes, dip_excess, dip_test
from lmphys.dynamics.norms import (
    GroupR2,
    excess_kurtosis_interval,
    fit_tails,
    group_r2,
    median_ratio,
)
from lmphys.dynamics.parameters import SLDSParameters
from lmphys.dynamics.peers import LatentSLDS, SSMPeer, compare_peers
from lmphys.dynamics.portrait import portrait, relaxation_times
from lmphys.dynamics.projection import (
    Projection,
    davis_kahan_bound,
    principal_angles,
    random_overlap,
    rank_share,
    split_half_angles,
    subspace_overlap,
)
from lmphys.dynamics.r2 import expected_r2_ar1, r2_gain
from lmphys.dynamics.realism import autocorrelation, compare_simulated, dwell_times, occupancy, simulate_twins
from lmphys.dynamics.reversal import Reversal, TimeArrow, arrow_of_time
from lmphys.dynamics.scores import held_out_scores, one_step_scores, residual_nll
from lmphys.dynamics.selection import choose_rank, choose_regimes
from lmphys.dynamics.severity import Severity, severity_sweep
from lmphys.dynamics.slds import SLDS
from lmphys.dynamics.stability import match_regimes, regime_stability
from lmphys.dynamics.student import StudentT, mardia_excess
from lmphys.dynamics.surrogates import phase_randomise, shuffle_chains, shuffle_order
from lmphys.dynamics.synthetic import draw_chains, random_parameters, recovery
from lmphys.dynamics.transfer import TransferMatrix, deal_tasks, single_map_twins, transfer_matrix
from lmphys.dynamics.visits import compare_visits, count_visits, expected_visits, mean_visit, persistence

__all__ = [
    "COVARIANCES",
    "SLDS",
    "STUDENT",
    "Ablation",
    "Approach",
    "Completion",
    "Cost",
    "DoubleWell",
    "FokkerPlanck",
    "GroupR2",
    "HeldOut",
    "Inference",
    "Interval",
    "LabelledSLDS",
    "LatentParameters",
    "LatentSLDS",
    "Leakage",
    "LinearDrift",
    "ModelTransfer",
    "OrnsteinUhlenbeck",
    "Procrustes",
    "Projection",
    "Regimes",
    "Reversal",
    "SLDSParameters",
    "SSMPeer",
    "Severity",
    "StudentT",
    "TimeArrow",
    "TransferMatrix",
    "ablate",
    "against_student",
    "approach_derailment",
    "approach_wrong_answer",
    "arrow_of_time",
    "as_interval",
    "autocorrelation",
    "bootstrap_chains",
    "by_task",
    "calibrate",
    "choose_mixture",
    "choose_rank",
    "choose_regimes",
    "compare_learners",
    "compare_patterns",
    "compare_peers",
    "compare_simulated",
    "compare_visits",
    "count_components",
    "count_modes",
    "count_visits",
    "davis_kahan_bound",
    "deal_tasks",
    "dip_excess",
    "dip_test",
    "draw_chains",
    "dwell_times",
    "enough_questions",
    "euler_maruyama",
    "evidence",
    "excess_kurtosis_interval",
    "expected_r2_ar1",
    "expected_visits",
    "expected_window_variance",
    "find_regimes",
    "fit_tails",
    "group_r2",
    "held_out_scores",
    "implant",
    "implanted_chains",
    "leak_curve",
    "leakage",
    "linear_twins",
    "mardia_excess",
    "match_regimes",
    "mean_visit",
    "median_ratio",
    "occupancy",
    "one_step_scores",
    "paired_rows",
    "persistence",
    "phase_randomise",
    "place",
    "portrait",
    "power",
    "principal_angles",
    "r2_gain",
    "random_overlap",
    "random_parameters",
    "random_rotation",
    "rank_share",
    "readings",
    "recovery",
    "recovery_ceiling",
    "recovery_map",
    "regime_gains",
    "regime_separation",
    "regime_stability",
    "relaxation_times",
    "residual_nll",
    "rolling_indicators",
    "score_grid",
    "severity_sweep",
    "shuffle_chains",
    "shuffle_order",
    "simulate_twins",
    "simulation_cost",
    "single_map_twins",
    "slowing_down",
    "softening_chains",
    "split_half_angles",
    "stationary_variance",
    "step_operations",
    "subspace_overlap",
    "transfer_matrix",
    "transfer_models",
    "white_residuals",
]
