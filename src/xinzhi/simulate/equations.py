"""The model's equations in the order of a quarter: what each says, where it comes from, and which knobs stand in it.

The code of each event is what counts; these are its formulas as one would print them. A source followed by "form" lends
the shape, while the value is ours. What is built in cannot be found by experiment.
"""

from __future__ import annotations

from dataclasses import dataclass

from xinzhi.core.specs import Text


@dataclass(frozen=True, slots=True)
class Equation:
    """One event's formula in LaTeX; ``built_in`` are the claims of the paper that it assumes."""

    event: str
    title: Text
    latex: str
    says: Text
    cite: str
    knobs: tuple[str, ...]
    built_in: tuple[str, ...] = ()


EVENTS: dict[str, Text] = {
    "discover": Text(en="discoveries", zh="科学发现"),
    "develop": Text(en="from discovery to technology", zh="由发现到技术"),
    "try_market": Text(en="market trials", zh="市场试验"),
    "cash_out": Text(en="exits of venture capital", zh="风险投资退出"),
    "invent": Text(en="invention", zh="创新"),
    "imitate": Text(en="imitation", zh="模仿"),
    "adopt": Text(en="take-up of the newest driver", zh="最新动力的采用"),
    "amplify": Text(en="what a driver adds", zh="动力的放大倍增"),
    "compete": Text(en="growth of firms", zh="企业成长"),
    "leave": Text(en="exit of firms", zh="企业退出"),
    "spin_off": Text(en="entry of firms", zh="企业进入"),
    "found": Text(en="birth of industries", zh="产业诞生"),
    "demand": Text(en="demand", zh="需求"),
    "learn_abroad": Text(en="the foreign frontier", zh="国外前沿"),
    "climb": Text(en="the ladder", zh="产业梯级"),
    "school": Text(en="skills and schooling", zh="技能与教育"),
    "move": Text(en="where talent lives", zh="人才流动"),
    "switch": Text(en="energy", zh="能源"),
    "make_room": Text(en="parks", zh="园区"),
    "settle": Text(en="money", zh="资金"),
}
"""What a knob's event is called."""


def _equation(
    event: str, en: str, zh: str, latex: str, says: str, says_zh: str, cite: str, knobs: str, built_in: str = ""
) -> Equation:
    title, said = Text(en=en, zh=zh), Text(en=says, zh=says_zh)
    return Equation(event, title, latex, said, cite, tuple(knobs.split()), tuple(built_in.split()))


EQUATIONS: tuple[Equation, ...] = (
    _equation(
        "discover",
        "How many discoveries",
        "发现的数量",
        r"D_r \sim \mathrm{Poisson}\left(\lambda B_r^{e} H_r^{1 - e} \left(1 + c m\right)\right)",
        "D are the discoveries of region r in a quarter, B its share of basic research with what levers add, H its "
        "share of talent, m the share of work on the newest driver, λ the rate, e the elasticity, c a constant.",
        "D 为地区 r 一个季度的发现数，B 为其基础研究份额（含政策追加），H 为其人才份额，m 为使用最新动力的比重，"
        "λ 为发现率，e 为弹性，c 为常数。",
        "form assumed",
        "discovery_rate research_elasticity",
        "C15",
    ),
    _equation(
        "discover",
        "In which field",
        "发现的领域",
        r"p_{rk} \propto K_{rk} \left(1 + \omega \frac{d_{rk}}{\bar{K}_r}\right)",
        "p is the chance of technology k in region r, K what the region knows of it, d the density of related "
        "knowledge around it, ω the pull of relatedness.",
        "p 为地区 r 的发现属于技术 k 的概率，K 为该地区在此领域的知识，d 为其周围的关联密度，ω 为关联性引力。",
        "Hidalgo, Klinger, Barabási, Hausmann 2007; form",
        "relatedness_pull",
    ),
    _equation(
        "discover",
        "How good",
        "发现的质量",
        r"\mathrm{P}\left(q > x\right) = x^{- \alpha}",
        "q is a discovery's quality, α the exponent of its tail.",
        "q 为发现的质量，α 为其尾指数。",
        "Silverberg, Verspagen 2007",
        "quality_tail",
    ),
    _equation(
        "discover",
        "The next driver",
        "下一代动力",
        r"p = c x R^{e} b",
        "The chance of the next general-purpose technology in a quarter: x is the share of research that explores, R "
        "research in all against its usual amount, b how broadly the present driver is used, c a constant.",
        "一个季度内出现下一代通用技术的概率：x 为探索性研究份额，R 为研究总量与常态之比，b 为现有动力的应用广度，"
        "c 为常数。",
        "Bresnahan, Trajtenberg 1995; form assumed",
        "explore research_elasticity",
    ),
    _equation(
        "develop",
        "From discovery to technology",
        "由发现到技术",
        r"h_r = \ell \left(1 + c P_r \left(1 + k\right)\right) \left(1 + d m\right)",
        "h is the hazard that a discovery becomes a technology, ℓ its usual value, P what platforms have built, k "
        "what an entrepreneur adds to them (0 where none leads), m the share of work on the newest driver, c and d "
        "constants. An untaken discovery lapses at a hazard of its own.",
        "h 为发现成为技术的风险率，ℓ 为其常态值，P 为协同平台的建设程度，k 为科技企业家的协调作用（无企业家时为 0），"
        "m 为使用最新动力的比重，c、d 为常数。无人接手的发现以一定风险率流失。",
        "form assumed",
        "laboratory lapse",
        "A17 B14 C05 C16",
    ),
    _equation(
        "try_market",
        "A market trial",
        "市场试验",
        r"p_i = 1 - \left(1 - \pi f_i\right) \left(1 - s\right)^{n_i + 1}",
        "p is the chance that a funded trial of venture i succeeds, π that of a trial without learning, f how well "
        "the region's industry fits, s what an entrepreneur learns from each trial (0 where none leads), n the trials "
        "before. After a failure another try is possible with the chance of tolerance; a trial needs money.",
        "p 为获资助试验的成功概率，π 为无学习时的概率，f 为地区产业的契合度，s 为科技企业家每次试验的学习程度"
        "（无企业家时为 0），n 为此前试验次数。失败后以容错率再试；试验须有资金。",
        "form assumed",
        "trial_rate trial_cost success steering tolerance entrepreneurs lapse",
        "C04 C06 C08 B17",
    ),
    _equation(
        "found",
        "Birth of an industry",
        "产业诞生",
        r"v_j = \bar{v} + \nu \ln \frac{q}{q_0} \quad \left(q > q_0\right)",
        "A success whose quality q lies above the threshold q0 founds an industry; v is its appeal to buyers, that of "
        "the country on average with a bar, ν the weight of novelty. Other successes join the nearest industry.",
        "质量 q 高于门槛 q0 的成功项目创立新产业；v 为其对买方的吸引力，上横线为全国平均，ν 为新颖性权重。"
        "其余项目进入最相近的产业。",
        "form assumed",
        "founding_quality novelty",
        "A08",
    ),
    _equation(
        "cash_out",
        "Exits of venture capital",
        "风险投资退出",
        r"h_o = \eta_o \left(1 + c X_r\right)",
        "h is the hazard that a backed start-up is listed or acquired (o), η its usual value, X what the lever has "
        "opened, c a constant. What buyers pay goes back to the fund.",
        "h 为获投企业上市或被并购（o）的风险率，η 为其常态值，X 为退出渠道的畅通程度，c 为常数。所得资金回到基金。",
        "Hall, Woodward 2010; form assumed",
        "listing acquisition",
    ),
    _equation(
        "invent",
        "Invention",
        "创新",
        r"\mathrm{P}_i = 1 - \exp\left(- \zeta E_i\right) \quad "
        r"E_i = \epsilon_{rj} \left(\frac{s_i}{\bar{s}_j}\right)^{\kappa} \quad a_i' = a_i \left(1 + x\right)",
        "P is the chance that firm i invents, ζ efficiency, E effort, s size against the mean of its industry, κ the "
        "size advantage, ε what protection adds and missing skills take; x is Beta(3, 3) on ± the half width, and a "
        "worse design is not used.",
        "P 为企业 i 创新的概率，ζ 为效率，E 为努力，s 为规模（与本产业均值相比），κ 为规模优势，ε 含知识产权激励与"
        "技能短缺的损失；x 服从 ± 幅度上的 Beta(3, 3)，较差的设计不予采用。",
        "Dosi, Fagiolo, Roventini 2010; Klepper 1996",
        "innovation gain size_advantage ipr_reward",
    ),
    _equation(
        "imitate",
        "Imitation",
        "模仿",
        r"\mathrm{P}_{il} = \left(1 - \exp\left(- \iota \epsilon_{rj}\right)\right) "
        r"\phi_{jl} \left(1 - \theta_r\right) \nu",
        "P is the chance that firm i learns from a firm l that it meets and that is ahead, ι efficiency, φ relatedness "
        "of their technologies, θ protection, ν what is left of the chance between regions (1 within one). It closes "
        "half of the gap; from abroad a quarter of it, as openness allows.",
        "P 为企业 i 向所遇领先企业 l 学习的概率，ι 为效率，φ 为技术关联度，θ 为知识产权保护，ν 为跨区折扣"
        "（区内为 1）。学习缩小差距的一半；向国外学习依开放度缩小四分之一。",
        "Dosi, Fagiolo, Roventini 2010; form",
        "imitation distance_penalty ipr",
    ),
    _equation(
        "adopt",
        "Take-up of the newest driver",
        "最新动力的采用",
        r"h_{rj} \propto \left(1 - x\right) D\left(n_r\right) \left(p + q F_j\right)",
        "h is the hazard that a firm takes up the newest driver, p without and q with example, F the share of its "
        "industry that has, n the region's digital infrastructure behind the door D, x the share of research that "
        "explores the next driver. Retrofits add to it.",
        "h 为企业采用最新动力的风险率，p 为自发、q 为示范效应，F 为本产业已采用比重，D 为数字基础设施 n 的门槛函数，"
        "x 为用于探索下一代动力的研究份额。改造资金另行加快。",
        "Bass 1969; Mansfield 1961",
        "adoption_alone adoption_seen explore",
        "B07",
    ),
    _equation(
        "amplify",
        "What a driver adds",
        "动力的放大倍增",
        r"G = \alpha m^{\nu} b^{\beta}",
        "G is the log gain of those who use the newest driver, α its edge, m platform scale, b breadth of use over "
        "industries, ν and β their elasticities.",
        "G 为使用最新动力者的对数增益，α 为技术先进程度，m 为平台规模，b 为应用广度，ν、β 为弹性。",
        "form assumed",
        "amplification network breadth",
        "A09 A26",
    ),
    _equation(
        "compete",
        "Growth of a firm",
        "企业成长",
        r"\ln \frac{s_i'}{s_i} = \frac{u_i}{1 + \psi \max\left(u_i, 0\right)} + J_i \quad "
        r"u_i = \chi \left(e_i - \bar{e}_j\right) - \gamma z_{rj}",
        "s is size, e log efficiency against its industry's mean, χ selection, ψ Penrose's damping of fast growth, z "
        "skilled posts unfilled, γ what they cost; J is a lumpy opportunity. Sizes are then brought to demand and to "
        "the people there are.",
        "s 为规模，e 为对数效率（与本产业均值相比），χ 为选择强度，ψ 为彭罗斯效应，z 为技能岗位空缺，γ 为其拖累；"
        "J 为集中的机会。规模随后按需求与劳动力调整。",
        "Dosi, Fagiolo, Roventini 2010; Penrose 1959; form",
        "selection penrose shortage_drag",
    ),
    _equation(
        "compete",
        "Lumpy opportunities",
        "机会的集中性",
        r"\left|J_i\right| = \sigma s_i^{- \beta} \left(U^{- 1 / 2} - 1\right)",
        "With some chance a quarter an opportunity or its loss comes, U uniform: growth rates are Laplace in their "
        "body with power tails, and their spread falls with size by β.",
        "每季度以一定概率出现机会或损失，U 为均匀随机数：增长率主体呈拉普拉斯分布、尾部呈幂律，离散度以 β 随规模下降。",
        "Bottazzi, Secchi 2006; Riccaboni, Pammolli, Buldyrev, Ponta, Stanley 2008; form",
        "lump_rate lump_size size_damping",
    ),
    _equation(
        "leave",
        "Exit of a firm",
        "企业退出",
        r"s_i < s_{\min} \quad \vee \quad e_i - \bar{e}_j < - g",
        "Firms leave when they are too small, or with some chance when their efficiency lies too far behind.",
        "企业规模过小时退出，效率落后过多时以一定概率退出。",
        "Dosi, Fagiolo, Roventini 2010; form",
        "exit_size exit_gap",
    ),
    _equation(
        "demand",
        "Demand",
        "需求",
        r"w_j = \frac{k_j \exp\left(v_j + \sigma e_j\right)}{\sum_l k_l \exp\left(v_l + \sigma e_l\right)} \quad "
        r"k_j' = k_j + \left(p + q k_j\right) \left(1 - k_j\right)",
        "w is an industry's share of demand, k the share of its buyers who know it, v its appeal, e its log "
        "efficiency, σ the elasticity of substitution; knowledge of it spreads by itself (p) and by example (q).",
        "w 为产业的需求份额，k 为知晓它的买方比重，v 为吸引力，e 为对数效率，σ 为替代弹性；"
        "知晓度自发（p）并经示范（q）扩散。",
        "Bass 1969; Dixit, Stiglitz 1977; form",
        "awareness_alone awareness_seen substitution",
        "A04",
    ),
    _equation(
        "spin_off",
        "Entry of firms",
        "企业进入",
        r"N_j = \eta \sqrt{n_j m_j} \frac{w_j}{y_j} \exp\left(- \rho \max\left(\ell_j, 0\right)\right)",
        "N are the firms that enter industry j, n those it has, m those that its market would feed were it known by "
        "more, w demand against supply y, ℓ how far its leaders are ahead of an ordinary entrant, ρ how much that "
        "deters. They settle among their industry; while the window of a new industry is open, where talent and "
        "networks are. Each needs a plot.",
        "N 为进入产业 j 的企业数，n 为现有企业数，m 为市场更广为人知时可容纳的企业数，w 与 y 为需求与供给，"
        "ℓ 为领先者相对普通进入者的优势，ρ 为威慑程度。进入者随产业集聚；新产业机会窗口开启时，"
        "则落在人才与网络所在之处。每家须占一块用地。",
        "Klepper 1996; form assumed",
        "entry entry_fear window",
    ),
    _equation(
        "learn_abroad",
        "The foreign frontier",
        "国外前沿",
        r"F_j' = F_j + g \quad \Delta_j = - B d_j \left(1 - z_j\right)",
        "F is the log productivity of the frontier abroad, g its growth; where a blockade of strength B cuts imported "
        "inputs off, an industry loses Δ, d is its dependence and z what is made at home by now.",
        "F 为国外前沿的对数生产率，g 为其增速；强度为 B 的封锁切断进口投入时，产业损失 Δ，d 为进口依赖，"
        "z 为已国产替代的部分。",
        "form assumed",
        "foreign_growth foreign_lead dependence",
        "A28",
    ),
    _equation(
        "climb",
        "The ladder",
        "产业梯级",
        r"\mu_{jg} = \frac{1}{1 + \exp\left(- \frac{o\left(k_j\right) - o\left(\tau_g\right)}{w}\right)}",
        "μ is how far an industry has passed step g of the ladder, o log odds of its buyers' knowledge k against the "
        "step τ, w the width: industries stand on rungs by degrees. A pillar that has fallen from its peak becomes "
        "traditional in the same way.",
        "μ 为产业越过梯级 g 的程度，o 为知晓度 k 与门槛 τ 的对数几率，w 为宽度：产业以隶属度处于各梯级。"
        "自峰值回落的支柱产业以同样方式成为传统产业。",
        "form assumed",
        "",
        "A19",
    ),
    _equation(
        "school",
        "Skills",
        "技能",
        r"S_r' = S_r + G_r - \left(\delta + \alpha A_r\right) S_r",
        "S are skilled people, G the graduates of those enrolled four years before, δ retirement, A artificial "
        "intelligence and α the skills it makes obsolete. Enrolment answers the shortage; young rungs need more skill.",
        "S 为技能劳动者，G 为四年前入学者的毕业人数，δ 为退休率，A 为人工智能，α 为其淘汰的技能。"
        "入学随短缺而增；低梯级的新兴产业需要更多技能。",
        "form assumed",
        "skill_need schooling_response retirement ai_exposure",
    ),
    _equation(
        "move",
        "Where talent lives",
        "人才流动",
        r"M_r = \mu T \frac{\exp\left(V_r\right)}{\sum_l \exp\left(V_l\right)}",
        "M is the talent that moves to region r, T all talent, μ the share that reconsiders; V grows with new-quality "
        "output a head, with talent already there, with amenities and with entrepreneurs who lead.",
        "M 为流入地区 r 的人才，T 为全部人才，μ 为重新选择者比重；"
        "V 随人均新质产出、既有人才、宜居环境与科技企业家提高。",
        "McFadden 1974; form",
        "mobility talent_pull",
        "C07",
    ),
    _equation(
        "switch",
        "Clean energy",
        "清洁能源",
        r"c = c_0 Q^{- \lambda} \quad y_r' = y_r + \kappa "
        r"\left(\frac{1}{1 + \exp\left(- \frac{f_r - c \left(1 - a_r\right)}{\tau} - b_r\right)} - y_r\right)",
        "c is the cost of clean energy, which falls with all that was ever built (Q) by λ; y its share in region r, of "
        "which κ is renewed a quarter and chooses by the price of fossil energy f, aid a and what else favours it, b. "
        "Energy dearer than elsewhere costs firms efficiency by its share of their cost.",
        "c 为清洁能源成本，随累计产量 Q 以 λ 下降；y 为地区 r 的清洁能源比重，每季度更新 κ，按化石能源价格 f、补贴 a "
        "与其他有利条件 b 选择。能源价格高于全国平均的地区，企业效率按能源成本份额受损。",
        "Nagy, Farmer, Bui, Trancik 2013; form",
        "learning switching energy_share",
        "A20",
    ),
    _equation(
        "make_room",
        "Parks",
        "园区",
        r"O_r = \min\left(W_r - L_r, \phi P_r\right)",
        "O are the old projects of least output that the rule moves out of park r, W the plots that ventures did not "
        "find last quarter, L those already freed and kept for them, φ the share of plots P that can be cleared in a "
        "quarter, as far as money goes. Where land is free nothing happens.",
        "O 为园区 r 按规则腾退的产出最低的旧项目数，W 为上季度新项目未能得到的地块，L 为已腾出并为其保留的地块，"
        "φ 为每季度可腾退的地块比重，以资金为限。用地充裕时不发生。",
        "form assumed",
        "land",
    ),
    _equation(
        "settle",
        "Money",
        "资金",
        r"\sum_s M_s' = \sum_s M_s \quad V = v \left(1 - d\right)",
        "Money only moves between households, firms, funds and the public: what all hold together never changes. V are "
        "the savings that go to venture funds, v their usual share of output, d a drought. Levers are paid for by "
        "households.",
        "资金只在居民、企业、基金与公共部门之间流动，总量不变。V 为进入风险投资基金的储蓄，v 为其常态占产出比重，"
        "d 为融资寒冬的强度。政策工具由居民负担。",
        "form assumed",
        "venture_savings",
    ),
)
